module guardpeer

go 1.19
