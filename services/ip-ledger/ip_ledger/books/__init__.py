"""The books as an accountant reads them: balances, periods, exports, and the bank beside them."""
