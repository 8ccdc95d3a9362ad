"""The ledger: double entry that PostgreSQL keeps.

    chart.py       kinds of account          recipes.py   kinds of journal, drafts
    posting.py     the only writer           holds.py     money set aside
    accounts.py    opening and closing       reading.py   balances   statements.py   pages, CSV
    checking/      recompute everything      manual/      corrections by two people
    sql/           functions, triggers and rights: what no caller can get round

Nothing here knows M-Pesa, people or screens.
"""
