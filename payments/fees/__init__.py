"""What a thing costs, by tables that are in force from a day on.

`fees.quote` tells the fee before anything is confirmed; whoever books it keeps the quote. What is
taken stands in the books: the fee as income, the excise duty in it as tax payable.
"""

from payments.fees.selectors import NoFeeKnown, quote
from payments.fees.table import Fee

__all__ = ["Fee", "NoFeeKnown", "quote"]
