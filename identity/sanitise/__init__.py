"""Makes page images of a file that nobody may trust: no byte of it survives.

`run` (in our process) starts `child` and checks what comes back; everything else here runs inside the child, behind `cage`.
Nothing here imports Django, so that the child has neither settings nor secrets.
"""
