"""Grades a folder of submissions: `marks.grade`. Student code runs in the sandbox, and checks are the instructor's.

What is protected, and how:
- Nothing of a submission runs but its solution cells. Set-up cells and checks come from the course's own notebooks.
- Each exercise runs in a process, a folder and a sandbox of its own (helpers/sandbox.py says what that enforces, and
  `doctor` on which systems). A submission is read and judged in a second process with limits, as another user where
  the system allows. Whatever happens there costs that submission alone. Nothing is written into the submissions.
- A score cannot be forged. The student's process never says "passed". The check runs there only to ask its questions,
  and hands back what the student's function answered: numbers, texts, lists, arrays, tensors (`values`, never a
  pickle). A process without student code then runs the check again on these answers (`recording`), and that verdict
  counts. To earn the points, a submission has to give the right answers to the check's questions.

What is not protected:
- An exercise whose answer is a class (lesson 08, `LoraLinear`) or whose gradient is asked for (lesson 12, the loss) is
  judged in the student's own process, because objects with behaviour cannot be handed over. Whoever studies this
  package can forge these two; the feedback says so.
- The answers may be looked up: solutions are in `notebooks/`, and code in the student's process can read what the check
  there compares with. The score says that the answers are right, not where they come from.
- On macOS and Windows the sandbox enforces less. `grade` then says what, and a Linux machine or container is better.
"""
