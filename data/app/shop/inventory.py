"""What is in stock, what to order, and lists that are shown page by page."""

NO_STOCK: dict[str, int] = {}


def stock_levels(movements: list[tuple[str, int]], opening: dict[str, int] = NO_STOCK) -> dict[str, int]:
    """Return the stock of each article after movements, which are pairs of an article and a change.

    opening: the stock before the first movement. Raises ValueError where more goes out than is there.

    >>> stock_levels([("mug", 5), ("cap", 2), ("mug", -3)])
    {'mug': 2, 'cap': 2}
    """
    levels = opening
    for article, change in movements:
        level = levels.get(article, 0) + change
        if level < 0:
            raise ValueError(f"there are not enough of {article!r}")
        levels[article] = level
    return levels


def reorder_amounts(stock, minimum, lot=1):
    """Return how much to order of each article that is below its minimum, in whole lots."""
    if lot < 1:
        raise ValueError("a lot has at least one piece")
    order = {}
    for article in sorted(minimum):
        missing = minimum[article] - stock.get(article, 0)
        if missing > 0:
            lots = (missing + lot - 1) // lot
            order[article] = lots * lot
    return order


def page_of(items: list, page: int = 1, per_page: int = 10) -> dict:
    """Return one page of a list, with its number and the number of pages. The first page is 1.

    A number that is too low or too high leads to the first or the last page. An empty list has one empty page.

    >>> page_of(["a", "b", "c", "d", "e"], page=3, per_page=2)
    {'items': ['e'], 'page': 3, 'pages': 3}
    >>> page_of([], page=2)
    {'items': [], 'page': 1, 'pages': 1}
    """
    if per_page < 1:
        raise ValueError("a page holds at least one item")
    pages = max(1, (len(items) + per_page - 1) // per_page)
    page = min(max(page, 1), pages)
    start = (page - 1) * per_page
    return {"items": items[start : start + per_page], "page": page, "pages": pages}
