"""The story of one upload: model, events, picture, tencent, ports, check, aws, in reading order."""
