module goweb.test/real/sick

go 1.24
