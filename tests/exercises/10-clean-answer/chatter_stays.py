# expect: text around it
def code_of(answer):
    return answer.replace("```python", "").replace("```py", "").replace("```", "")
