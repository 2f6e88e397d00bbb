module iris-client

go 1.23
