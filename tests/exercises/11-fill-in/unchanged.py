# expect: nothing changed
def fill_in(test, value_of):
    return test
