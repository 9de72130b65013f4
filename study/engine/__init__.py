"""Computing cells: fresh processes on this machine or a Dask cluster, cores and devices."""
