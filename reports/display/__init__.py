"""What a page is made of: blocks, tables of cells, numbers as people read them."""
