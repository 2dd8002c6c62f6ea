"""`mindspore.graph`: where MindSpore keeps what compiles and runs functions."""
