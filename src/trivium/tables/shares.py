"""Shares in per cent, rounded once and everywhere alike."""


def per_cent(share: float) -> str:
    """Return a share in per cent, to the digits that three decimals of it show.

    Parameters
    ----------
    share : float
        From 0 to 1.

    Examples
    --------
    >>> per_cent(442 / 800), f"{442 / 800:.3f}"
    ('55.2', '0.552')
    """
    return f"{100 * float(f'{share:.3f}'):.1f}"
