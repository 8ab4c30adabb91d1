"""Segments: sets of leads that rules compute, kept in the transaction of each change.

`mentions` says which rules a change can concern, `facts` reads clauses of many leads by few
statements, `weighing` makes verdicts of them, `turning` finds when time alone changes one.
`following` does this right before each commit, `evaluating` for all leads after a rule was edited
and when an instant has come, `verifying` to prove the rows right.
"""
