# expect: holds two comparisons
def boundary_mutants(source):
    swapped = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
    tree, found = ast.parse(source), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in swapped:
            old = node.ops[0]
            node.ops[0] = swapped[type(old)]()
            found.append(ast.unparse(tree))
            node.ops[0] = old
    return found
