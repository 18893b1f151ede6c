module goweb.test/real/web

go 1.24
