"""A notebook is executed: nbclient on asyncio, and a kernel of ipykernel on Tornado's streams."""

from __future__ import annotations

import nbformat
from nbclient import NotebookClient

cells = [
    "import asyncio; await asyncio.sleep(0.05); 6 * 7",
    "for i in range(500): print(i)",
    "raise ValueError('on purpose')",
]
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
NotebookClient(notebook, timeout=60, kernel_name="python3", allow_errors=True).execute()
number, numbers, error = (cell.outputs for cell in notebook.cells)
print(number[0].data["text/plain"])
print(sum(map(int, "".join(each.text for each in numbers).split())), error[0].ename)
