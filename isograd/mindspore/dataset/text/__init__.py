"""`mindspore.dataset.text`: vocabularies, and functions of strings."""

from isograd.mindspore.dataset.text import transforms as transforms
from isograd.mindspore.dataset.text import utils as utils
from isograd.mindspore.dataset.text.transforms import AddToken as AddToken
from isograd.mindspore.dataset.text.transforms import BasicTokenizer as BasicTokenizer
from isograd.mindspore.dataset.text.transforms import BertTokenizer as BertTokenizer
from isograd.mindspore.dataset.text.transforms import CaseFold as CaseFold
from isograd.mindspore.dataset.text.transforms import Lookup as Lookup
from isograd.mindspore.dataset.text.transforms import Ngram as Ngram
from isograd.mindspore.dataset.text.transforms import NormalizeUTF8 as NormalizeUTF8
from isograd.mindspore.dataset.text.transforms import PythonTokenizer as PythonTokenizer
from isograd.mindspore.dataset.text.transforms import RegexReplace as RegexReplace
from isograd.mindspore.dataset.text.transforms import RegexTokenizer as RegexTokenizer
from isograd.mindspore.dataset.text.transforms import SlidingWindow as SlidingWindow
from isograd.mindspore.dataset.text.transforms import ToNumber as ToNumber
from isograd.mindspore.dataset.text.transforms import Truncate as Truncate
from isograd.mindspore.dataset.text.transforms import (
    TruncateSequencePair as TruncateSequencePair,
)
from isograd.mindspore.dataset.text.transforms import (
    UnicodeCharTokenizer as UnicodeCharTokenizer,
)
from isograd.mindspore.dataset.text.transforms import (
    UnicodeScriptTokenizer as UnicodeScriptTokenizer,
)
from isograd.mindspore.dataset.text.transforms import (
    WhitespaceTokenizer as WhitespaceTokenizer,
)
from isograd.mindspore.dataset.text.transforms import (
    WordpieceTokenizer as WordpieceTokenizer,
)
from isograd.mindspore.dataset.text.utils import JiebaMode as JiebaMode
from isograd.mindspore.dataset.text.utils import NormalizeForm as NormalizeForm
from isograd.mindspore.dataset.text.utils import Vocab as Vocab
from isograd.mindspore.dataset.text.utils import to_bytes as to_bytes
from isograd.mindspore.dataset.text.utils import to_str as to_str
from isograd.mindspore.missing import attributes

__getattr__ = attributes("mindspore.dataset.text")
