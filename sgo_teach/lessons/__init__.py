"""One package per lesson: ``explore`` holds its explorables, ``exercises`` its checks."""
