"""Reading beside the scan: machines propose, people decide, and what they decided is kept.

`decisions` keeps who decided what; `apply` makes the reviewed record from the machine's and the
decisions; `writing` puts it where index and exports read; `app` are the local web pages."""
