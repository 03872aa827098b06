"""The fault suite (`make faults`): injects faults and counts what becomes of every upload.

Everything goes through a whole cloud on this machine: the real template, deployed by the real SAM
CLI, with IAM enforced. The deployed code has no test hooks. Faults of DetectLiveFace are stub
rules of the fake; faults of AWS come from proxies between the function and the emulator. The
proxies recognise which operation of which upload a request is, and can kill the process that
sent it.

The counts come from rows in the table, notifications that a subscriber received, and successful
calls in the fake's request log. The report is printed at the end and written to .local/faults.md.
"""
