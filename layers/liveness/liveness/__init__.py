"""The story of one upload: model, events, picture, tencent, check, aws, in the order of reading."""
