# expect: 3 tasks would be 3 whole models
def choose(model, gb, tasks, tokens):
    much = tokens >= 100e6
    for method in ("full", "lora", "qlora") if much else ("lora", "qlora"):
        found = memory.predict(model, method, batch=1, sequence=1024, checkpointing=True)
        needed = found.total / 1e9
        if needed <= gb:
            return method, needed
    return "none", needed
