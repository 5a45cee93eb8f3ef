# The books that pages of the documentation begin with.
entrepot init --company "My company" --country GB
entrepot connections add file_channel --label Shop --set mapping=online_retail
entrepot import stock ../shop/stock.csv
entrepot import orders ../shop/orders.csv --connection Shop --mapping ../shop/mapping.toml
