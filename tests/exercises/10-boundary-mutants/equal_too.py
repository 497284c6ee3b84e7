# expect: == has no border
def boundary_mutants(source):
    swapped = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
    tree, found = ast.parse(source), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for place, old in enumerate(node.ops):
                if type(old) in swapped:
                    node.ops[place] = swapped[type(old)]()
                    found.append(ast.unparse(tree))
                    node.ops[place] = old
    return found
