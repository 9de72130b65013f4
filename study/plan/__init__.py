"""What shall be computed: plan files, their validation, and the cells they unfold into."""
