"""Peers: the job of W1 and W2 done with what else people build such things on, each used as its own documents advise.

W1: a clerk acknowledges an open complaint: two values and a comment are kept, the task is done, the next one is open, a reminder is
set; one durable transaction. W2: a reminder that fell due in each of some cases is carried out, and the case goes on waiting. Each
module has a class `Peer` that does as much of it as its libraries do by themselves; docs/benchmarks.md says what that is.
"""
