ALL={}
