# expect: 2 borders at once
def boundary_mutants(source):
    swapped, found = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}, []
    for number in range(1, len(source.splitlines()) + 1):
        tree, moved = ast.parse(source), False
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and node.lineno == number:
                node.ops = [swapped.get(type(op), type(op))() for op in node.ops]
                moved = True
        if moved:
            found.append(ast.unparse(tree))
    return found
