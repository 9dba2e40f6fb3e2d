"""What a program is asked, and what comes of it: at the terminal and in a class.

The process that runs somebody's program imports from here and must not hold the judge: each file is
imported by its own name.
"""
