"""Everything here touches rows, so it imports pandas and pyarrow at its top: import it only where rows are at hand."""
