"""What is drawn: each module beside this one fills `SAMPLES` for its part of the house.

A sample is made by the product's own functions from values chosen to be hard on the eye: the
longest names, empty lists, missing figures. A page is drawn at desk and at phone width.
"""
