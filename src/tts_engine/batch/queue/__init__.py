"""The same jobs on workers of any number of machines, through Celery and Redis.

    journal ── dispatch ──► Redis ──► worker: claim, render, store ──► result ──► dispatch ──► journal

The journal stays the one account of a job; Redis only carries tasks, which may be lost or delivered twice without harm.
Results are files in a storage that everybody sees, never audio in Redis. Needs the extra ``[queue]``.
What this package does not know: HTTP, inputs, the command line.
"""
