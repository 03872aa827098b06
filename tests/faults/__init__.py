"""The fault suite (`make faults`): faults on purpose, and counts of what came of every upload.

Everything goes through a whole cloud on this machine: the real template, deployed by the real SAM
CLI, with IAM enforced. The shipped code holds nothing for it. The service's faults are the
stand-in's rules; AWS's come from proxies between the function and the engine, which also know
which step of an upload's story a request is, and kill the process that sent it.

Counted is where it counts: rows in the table, announcements as a subscriber got them, successful
calls in the stand-in's journal. The report is printed at the end, and kept in .local/faults.md.
"""
