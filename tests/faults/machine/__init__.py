"""The fault machine: random histories of members, crashes and faults, told by a seed alone.

A history runs in one process and in simulated time. The provider is the simulated M-Pesa of
`simulators`, called in true HTTP but without a socket, which tells nothing before the driver lets
it. Celery's tasks are called by the driver in an order that the seed picks, and any of them may die
wherever a transaction ends or a call is made. Afterwards everything comes to rest, and our books
are compared with the provider's.

    seeding   all chance comes from the seed         stage     a database of its own, wiped
    wire      HTTP to and from the provider          provider  M-Pesa without a clock of its own
    points    where a process may die                bells     Celery, rung by the driver
    people    who lives in it                        history   what may happen, step by step
    asking    what members ask of us                 doors     REST and the phone
    paying    what people do with M-Pesa             staff     what two of them decide
    troubles  what goes wrong                        hostile   what nobody should believe
    settling  until nothing is due any more          checks    what has to be true then
    scene     what checks look at                    truth     what people were told
    digest    the books in one line                  telling   a whole history
    run       the long form, and planted bugs
"""
