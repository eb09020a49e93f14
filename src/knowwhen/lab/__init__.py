"""WHERE EACH ONE LANDS: one base, every objective, the same audit before and after.

    design    what is trained on what, and which kinds of question training never sees
    stages    the work as a list of steps, each done once: data, seed, training, audit
    results   directions predicted and measured, with intervals over seeds and twins
"""
