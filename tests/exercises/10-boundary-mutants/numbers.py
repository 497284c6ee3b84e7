# expect: the operator changes, not a number
def boundary_mutants(source):
    tree, found = ast.parse(source), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for number in node.comparators:
                number.value += 1
                found.append(ast.unparse(tree))
                number.value -= 1
    return found
