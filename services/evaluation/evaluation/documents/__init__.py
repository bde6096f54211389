"""Reports of results for people: PDF, pages and workbooks, for a whole cycle in one go."""
