"""Letters of our own making, as scans that look like scans, each with its truth beside it.

`letters/` says what is printed, `scans.toml` how it was scanned; `python -m samples.render` builds
`scans/` from the two.
"""
