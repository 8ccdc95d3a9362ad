"""Stand-ins for the outside world, as separate HTTP programs: no part of the product.

They import nothing of ours and nothing of ours imports them. The product meets them by address only
(`AT_BASE_URL`), and does not know that it is being simulated.
"""
