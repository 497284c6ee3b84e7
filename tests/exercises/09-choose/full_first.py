# expect: 40 tasks would be 40 whole models
def choose(model, gb, tasks, tokens):
    for method in ("full", "lora", "qlora"):
        found = memory.predict(model, method, batch=1, sequence=1024, checkpointing=True)
        needed = found.total / 1e9
        if needed <= gb:
            return method, needed
    return "none", needed
