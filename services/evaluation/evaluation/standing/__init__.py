"""Where the review of an application or case stands, for the service that decides on it."""
