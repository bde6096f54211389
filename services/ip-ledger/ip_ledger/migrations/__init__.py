"""The history of the ip-ledger's database."""
