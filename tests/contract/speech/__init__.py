"""What a function can refuse with, read from the code: no request is made and nothing is run.

A name in a function is looked up in the module that was really imported, so that an alias, a
re-export or a table of functions leads where it leads at run time; a method is found by the type
that its object is declared with. Two things are told apart: the codes of checks that a function
hands back (`gives`), which refuse nothing, and those that it raises (`refuses`): by `require`,
`Refused` or `Failure`, or by a constraint of a table that it writes. What a branch or a value would
exclude is not seen: it says what can be answered at most.
"""

from tests.contract.speech.graph import House

__all__ = ["House"]
