"""Files that are sent by the browser: kept until a job has read them."""
