# expect: moves all borders at once
class Moved(ast.NodeTransformer):
    def visit_Compare(self, node):
        swapped = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
        self.generic_visit(node)
        node.ops = [swapped.get(type(op), type(op))() for op in node.ops]
        return node


def boundary_mutants(source):
    return [ast.unparse(Moved().visit(ast.parse(source)))]
