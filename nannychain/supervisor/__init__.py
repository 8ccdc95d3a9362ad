"""`make run`: one program in the foreground that sets up, starts, watches and stops all others.

    run        from the first step to the last goodbye
    defaults   every setting that the children get: what is given, else what a trial needs
    steps      what is done before anything runs, each shown with the time it took
    programs   what is started, with which settings
    children   one program each: its log, its restarts, its end
    watch      who has died and when it starts again; the order in which all end
    screen     what the person at the terminal sees
    clean      `make clean`
    phone      `make phone`

It starts the servers of `nannychain.embedded` and knows nothing of what the product does.
"""
