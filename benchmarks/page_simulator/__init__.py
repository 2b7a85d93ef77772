"""Printed pages that never were on paper: letters typeset, scanned, worn, and read again.

`typeset` lays text out on A4 and knows where every word stands; `degrade` does to the picture
what printers, photocopiers and scanners do; `pairs` runs the real OCR on it and tells, line by
line, what was printed and what was read. From these pairs the channel model is learned.
"""
