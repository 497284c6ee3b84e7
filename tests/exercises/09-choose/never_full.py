# expect: may be too small to hold
def choose(model, gb, tasks, tokens):
    much = False
    for method in ("full", "lora", "qlora") if much else ("lora", "qlora"):
        found = memory.predict(model, method, batch=1, sequence=1024, checkpointing=True)
        needed = found.total / 1e9
        if needed <= gb:
            return method, needed
    return "none", needed
