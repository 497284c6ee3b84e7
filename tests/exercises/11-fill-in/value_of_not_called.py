# expect: never call
def fill_in(test, value_of):
    return test.replace('0.5', 'pytest.approx(0.25)')
