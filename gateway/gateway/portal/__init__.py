"""The portal: what a developer elsewhere reads, made from what the house publishes anyway.

Guides are Markdown files in two languages; the reference comes from the OpenAPI document, the error
catalogue from the codes and the rules that speak with them. Nothing is loaded from elsewhere.
"""
