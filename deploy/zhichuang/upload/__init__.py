"""Uploading a company's CSV files: any encoding of Chinese spreadsheets, any broken line."""
