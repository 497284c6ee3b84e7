def fibonacci(n):
    """Return the n-th Fibonacci number; the first two are 0 and 1."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
